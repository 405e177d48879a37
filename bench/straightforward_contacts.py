"""Contacts as one would load them first: for each row, check whether the address exists, INSERT, COMMIT.

The table has the same shape as ours. It does not record what became of which row, starts again after a crash, and knows
one encoding and one delimiter; of two processes, the first to come gets the address, rather than the earlier row.
"""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, String, Text, UniqueConstraint, create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench.contacts_file import HEADER, key_of


class Base(DeclarativeBase):
    pass


class Contact(Base):
    __tablename__ = "straightforward_contacts"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    task_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    data: Mapped[str] = mapped_column(Text)


def load(url: str, task_id: str, rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[int, int, int]:
    """Load rows with the lines that they begin in; returns how many were inserted, duplicate and invalid."""
    inserted = duplicate = invalid = 0
    engine = create_engine(url)
    with Session(engine) as db:
        for line, cells in rows:
            email = cells[1] if len(cells) > 1 else ""
            key = key_of(email)
            if key is None:
                invalid += 1
                continue
            if db.scalar(select(Contact).where(Contact.owner == "local", Contact.key == key)) is not None:
                duplicate += 1
                continue
            rest = {name: cell for name, cell in zip(HEADER, cells, strict=True) if name not in ("name", "email")}
            db.add(
                Contact(
                    task_id=task_id,
                    line=line,
                    owner="local",
                    key=key,
                    email=email.strip(),
                    name=cells[0],
                    data=json.dumps(rest, ensure_ascii=False),
                )
            )
            try:
                db.commit()
                inserted += 1
            except IntegrityError:  # another process was there first
                db.rollback()
                duplicate += 1
    engine.dispose()
    return inserted, duplicate, invalid
