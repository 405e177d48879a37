import { useSignOut } from "./useSession";
import { wordsOf } from "./words";

/** Who is signed in, and the button to sign out. */
export function SignedIn({ owner, isUploading }: { owner: string; isUploading: boolean }) {
  const { mutate, isPending, error } = useSignOut();

  function leave() {
    if (!isUploading || confirm("Files are still being uploaded. Sign out and cancel their uploads?")) mutate();
  }

  return (
    <div className="signed-in">
      <span>
        <span className="visually-hidden">Signed in as </span>
        {owner}
      </span>
      <button type="button" className="quiet" disabled={isPending} onClick={leave}>
        Sign out
      </button>
      {error !== null && (
        <p role="alert" className="complaint">
          You are still signed in. {wordsOf(error)}
        </p>
      )}
    </div>
  );
}
