import { useEffect } from "react";
import { PAGES } from "./kinds/views";
import { idInAddress, taskPath } from "./lookup/taskId";
import { Home } from "./pages/Home";
import { NotFound } from "./pages/NotFound";
import { TaskPage } from "./pages/TaskPage";
import { SignedIn } from "./session/SignedIn";
import { SignIn } from "./session/SignIn";
import { listOwnerOf, useOtherWindows, useSession, useSignInWhenAsked, type KnownSession } from "./session/useSession";
import { Announcer } from "./shared/Announcer";
import { ErrorBoundary } from "./shared/ErrorBoundary";
import { lazily } from "./shared/lazily";
import { Link } from "./shared/Link";
import { redirect, usePath } from "./shared/navigation";
import { SITE } from "./shared/useTitle";
import { useFields } from "./upload/fields";
import { useUploads } from "./upload/useUploads";

const Tasks = lazily(async () => (await import("./pages/Tasks")).Tasks);

export function App() {
  return (
    <ErrorBoundary>
      <Site />
    </ErrorBoundary>
  );
}

function Site() {
  const session = useSession();
  useSignInWhenAsked();
  useOtherWindows();
  return (
    <div className="page">
      <PageOfOwner key={session.turn} session={session} />
      <Announcer />
    </div>
  );
}

/** Everything that belongs to one owner, including uploads; recreated for the next owner. */
function PageOfOwner({ session }: { session: KnownSession }) {
  const { auth, owner } = session;
  const { queue, items, isUploading } = useUploads(listOwnerOf(session));
  const fields = useFields();
  const isSignedOut = auth === "keys" && owner === null;
  return (
    <>
      <header className="top">
        <div className="brand">
          <img src="/assets/favicon.svg" alt="" width="28" height="28" />
          <h1>{SITE}</h1>
        </div>
        {!isSignedOut && <Navigation />}
        {owner !== null && <SignedIn owner={owner} isUploading={isUploading} />}
      </header>
      <main tabIndex={-1}>
        {isSignedOut ? <SignIn hasFiles={items.some(({ phase }) => phase.name === "failed")} /> : <Page home={<Home queue={queue} items={items} fields={fields} />} />}
      </main>
    </>
  );
}

function Navigation() {
  const path = usePath();
  return (
    <nav aria-label="Pages">
      <Link to="/" isCurrent={path === "/"}>
        Upload
      </Link>
      <Link to="/tasks" isCurrent={path === "/tasks"}>
        Tasks
      </Link>
      {PAGES.map((page) => (
        <Link key={page.path} to={page.path} isCurrent={path === page.path}>
          {page.name}
        </Link>
      ))}
      <a href="/help/">Help</a>
      <a href="/docs">API</a>
    </nav>
  );
}

function Page({ home }: { home: React.ReactNode }) {
  const path = usePath();
  const id = idInAddress(location);
  useEffect(() => {
    if (id !== null && path === "/") redirect(taskPath(id)); // `/?id=`
  }, [id, path]);
  if (id !== null) return <TaskPage key={id} id={id} />;
  if (path === "/") return home;
  if (path === "/tasks") return <Tasks />;
  const ofKind = PAGES.find((page) => page.path === path);
  return ofKind === undefined ? <NotFound /> : <ofKind.Page />;
}
