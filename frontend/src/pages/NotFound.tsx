import { Lookup } from "../lookup/Lookup";
import { Link } from "../shared/Link";
import { useTitle } from "../shared/useTitle";

export function NotFound() {
  useTitle("Page not found");
  return (
    <>
      <section aria-labelledby="not-found-title">
        <h2 id="not-found-title">Page not found</h2>
        <p>
          There is no page at this address. Look for a file below, or see <Link to="/tasks">all tasks</Link>.
        </p>
      </section>
      <Lookup />
    </>
  );
}
