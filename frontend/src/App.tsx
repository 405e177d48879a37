import { useEffect } from "react";
import { idInAddress, taskPath } from "./lookup/taskId";
import { Home } from "./pages/Home";
import { NotFound } from "./pages/NotFound";
import { TaskPage } from "./pages/TaskPage";
import { Announcer } from "./shared/Announcer";
import { redirect, usePath } from "./shared/navigation";
import { useUploads } from "./upload/useUploads";

export function App() {
  const { queue, items } = useUploads();
  return (
    <div className="page">
      <header className="top">
        <div className="brand">
          <img src="/assets/favicon.svg" alt="" width="32" height="32" />
          <h1>MD5 service</h1>
          <a href="/docs">API</a>
        </div>
        <p>Hand over a file of any size: you get an id at once, and under that id, a little later, the MD5 of the file.</p>
      </header>
      <main tabIndex={-1}>
        <Page home={<Home queue={queue} items={items} />} />
      </main>
      <footer>
        Each finished file has one line in the shared log; check it with <code>md5-service log verify</code>.
      </footer>
      <Announcer />
    </div>
  );
}

function Page({ home }: { home: React.ReactNode }) {
  const path = usePath();
  const id = idInAddress(location);
  useEffect(() => {
    if (id !== null && path === "/") redirect(taskPath(id)); // `/?id=`
  }, [id, path]);
  if (id !== null) return <TaskPage key={id} id={id} />;
  return path === "/" ? home : <NotFound />;
}
