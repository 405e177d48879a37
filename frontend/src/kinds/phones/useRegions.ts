import { useQuery } from "@tanstack/react-query";
import { retrying } from "../../api/retrying";
import { fetchRegions } from "./fetchPhones";
import type { RegionCounts } from "./types";

const ASK_MS = 1000; // while the file is being searched

/** The numbers found in a file so far, by region; undefined while that is unknown. */
export function useRegions(task: string, isEnabled = true): RegionCounts | undefined {
  const { data } = useQuery({
    ...retrying,
    queryKey: ["phones", task, "regions"],
    queryFn: ({ signal }) => fetchRegions(task, signal),
    refetchInterval: ({ state: { data, status } }) => (status === "error" || data?.complete ? false : ASK_MS),
    enabled: isEnabled,
  });
  return isEnabled ? data : undefined;
}
