import { Link } from "../shared/Link";
import { useTitle } from "../shared/useTitle";

export function NotFound() {
  useTitle("No such page");
  return (
    <p>
      There is no such page. <Link to="/">Hand over files</Link>
    </p>
  );
}
