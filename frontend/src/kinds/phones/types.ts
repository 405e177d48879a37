import type { components } from "../../api/schema.gen";

export type Phone = components["schemas"]["Phone"];
export type PhonePage = components["schemas"]["PhonePage"];
export type RegionCounts = components["schemas"]["RegionCounts"];
export type PhonesResult = components["schemas"]["PhonesResult"];
