import { Link } from "../shared/Link";

export function NotFound() {
  return (
    <p>
      There is no such page. <Link to="/">Hand over files</Link>
    </p>
  );
}
