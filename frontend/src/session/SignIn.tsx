import { useEffect, useId, useRef, useState, type SyntheticEvent } from "react";
import { focusMain } from "../shared/navigation";
import { useAnnounced } from "../shared/useAnnounced";
import { useTitle } from "../shared/useTitle";
import { useSignIn } from "./useSession";
import { wordsOf } from "./words";

const TITLE = "Sign in with your key";

/** Shown instead of the page until somebody has signed in. */
export function SignIn({ hasFiles }: { hasFiles: boolean }) {
  const [key, setKey] = useState("");
  const [complaint, setComplaint] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const { mutate, isPending } = useSignIn((error) => {
    setComplaint(wordsOf(error));
    field.current?.focus();
    field.current?.select();
  });
  useTitle("Sign in"); // the previous title and announcement may contain the name of a file
  useAnnounced(TITLE);
  useEffect(() => {
    field.current?.focus();
    return focusMain; // which then has the page
  }, []);

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (isPending) return;
    setComplaint(null);
    if (key.trim() === "") field.current?.focus();
    else mutate(key.trim());
  }

  return (
    <section aria-labelledby={`${id}-title`}>
      <form className="card narrow" onSubmit={submit}>
        <h2 id={`${id}-title`}>{TITLE}</h2>
        <div className="key">
          <label htmlFor={id}>Key</label>
          <div className="with-button">
            <input
              ref={field}
              id={id}
              className="code"
              type="password"
              autoComplete="current-password"
              value={key}
              aria-invalid={complaint === null ? undefined : true}
              aria-describedby={`${id}-complaint ${id}-help`}
              onChange={(event) => {
                setKey(event.target.value);
              }}
            />
            <button type="submit">{isPending ? "Signing in…" : "Sign in"}</button>
          </div>
          <p id={`${id}-complaint`} className="complaint" role="alert">
            {complaint}
          </p>
        </div>
        <p id={`${id}-help`} className="help">
          Ask your administrator for a key. It begins with <code>md5_</code>. You stay signed in until you sign out or close the browser.
        </p>
        {hasFiles && <p className="help">Files that were not uploaded can be retried after you sign in.</p>}
      </form>
    </section>
  );
}
