import type { components } from "../../api/schema.gen";

export type Contact = components["schemas"]["Contact"];
export type ContactPage = components["schemas"]["ContactPage"];
