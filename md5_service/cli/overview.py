"""What `md5-service` says about itself: the first steps, and the list of subcommands."""

from typing import Any

from typer.core import TyperGroup

FILES, SERVICE, KEYS_AND_LOG = "Files", "Service", "Keys and log"  # groups of subcommands, in the order of the list

FIRST_STEPS = (
    "Upload files and get an id for each at once; every id ends in done or failed.",
    "",
    "  md5-service up                start the service; its page is at",
    "                                http://127.0.0.1:9000 (Ctrl-C stops it)",
    "  md5-service put FILE          upload a file and print its MD5",
    "  md5-service check MD5SUMS     check the files of a delivery against its list",
    "  md5-service ls                list what was uploaded",
    "",
    "  md5-service --help            all commands",
    "  md5-service COMMAND --help    one command and its options",
)


class Overview(TyperGroup):
    """The list of subcommands as plain text: in Typer's frames it would not fit on a screen of 24 lines."""

    def get_help(self, ctx: Any) -> str:
        width = 2 + max(map(len, self.commands))
        parts = [f"Usage: {ctx.command_path} COMMAND [OPTIONS] [ARGUMENTS]", self.help or ""]
        for group in (FILES, SERVICE, KEYS_AND_LOG):
            lines = [
                f"  {name:{width}}{command.get_short_help_str(200).rstrip('.')}"
                for name, command in self.commands.items()
                if getattr(command, "rich_help_panel", None) == group
            ]
            parts.append("\n".join([f"{group}:", *lines]))
        parts.append("COMMAND --help explains a command; --install-completion sets up your shell.")
        return "\n\n".join(parts)
