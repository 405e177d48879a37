import { useState } from "react";
import { idFrom } from "./taskId";

/** The id in `?id=`, if any. */
export function idInUrl(): string | null {
  const inUrl = new URLSearchParams(location.search).get("id");
  return inUrl === null || inUrl.trim() === "" ? null : idFrom(inUrl);
}

/** The id in `?id=` and how to change it; the address stays one that can be shared. */
export function useIdInUrl(): [string | null, (id: string | null) => void] {
  const [id, setId] = useState(idInUrl);

  function change(next: string | null) {
    const url = new URL(location.href);
    if (next === null) url.searchParams.delete("id");
    else url.searchParams.set("id", next);
    history.replaceState(history.state, "", url);
    setId(next);
  }
  return [id, change];
}
