import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import type { Contact } from "../kinds/contacts/types";
import { loaded } from "./loads";
import { renderAt } from "./render";
import { ID, problem, server } from "./server";

/** Contacts as the API pages them: `pages` by their cursors, the first by none. */
function serveContacts(pages: Record<string, { items: Contact[]; next: string | null }>) {
  const asked: string[] = [];
  server.use(
    http.get("*/v1/contacts", ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query.toString());
      return HttpResponse.json(pages[query.get("cursor") ?? ""] ?? { items: [], next: null });
    }),
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(loaded())),
  );
  return asked;
}

const contact = (name: string, changes: Partial<Contact> = {}): Contact => ({
  id: `${ID}-${name}`,
  email: `${name}@example.org`,
  name,
  data: {},
  task: ID,
  line: 1,
  ...changes,
});

const addresses = () => screen.queryAllByTestId("contact").map((row) => row.querySelector("strong")?.textContent);

test("contacts are listed with all that their rows had, and where they come from", async () => {
  const asked = serveContacts({ "": { items: [contact("ann", { data: { phone: "0123", empty: " " }, line: 1234 }), contact("bob", { name: null })], next: null } });
  renderAt("/contacts");
  await waitFor(() => {
    expect(addresses()).toEqual(["ann@example.org", "bob@example.org"]);
  });
  const [ann] = screen.getAllByTestId("contact");
  expect(screen.getAllByRole("columnheader").map(({ textContent }) => textContent)).toEqual(["Email address", "Name", "phone", "From file", "Line"]);
  expect(within(ann ?? document.body).getByText("0123").closest("td")?.dataset.name).toBe("phone");
  expect((await within(ann ?? document.body).findByRole("link", { name: "partner.csv" })).getAttribute("href")).toBe(`/tasks/${ID}`);
  expect(ann?.textContent).toContain("1,234");
  expect(asked).toEqual(["limit=50"]);
  expect(screen.getByRole("link", { name: "Contacts" }).getAttribute("aria-current")).toBe("page");
  expect(document.title).toBe("Contacts · File Intake");
});

test("a row of a thousand columns shows some, and the rest on demand; what is long is cut", async () => {
  const data = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`column_${index}`, "x".repeat(1000)]));
  serveContacts({ "": { items: [contact("ann", { data })], next: null } });
  const user = renderAt("/contacts");
  const more = await screen.findByRole("button", { name: "995 more about ann@example.org" });
  expect(screen.getByRole("columnheader", { name: "column_4" })).toBeTruthy();
  expect(screen.queryByText("column_5:")).toBeNull();
  await user.click(more);
  expect(screen.getByText("column_5:").parentElement?.textContent).toBe(`column_5: ${"x".repeat(300)}…`);
  await user.click(screen.getByRole("button", { name: "Less about ann@example.org" }));
  expect(screen.queryByText("column_5:")).toBeNull();
});

test("the columns of the table are those that most contacts have, in the order of the files", async () => {
  const few = contact("few", { data: { rare: "1", toString: "odd name" } });
  const many = ["a", "b"].map((name) => contact(name, { data: { c1: "1", c2: "2", c3: "3", c4: "4", constructor: "5" } }));
  serveContacts({ "": { items: [few, ...many], next: null } });
  renderAt("/contacts");
  await screen.findAllByTestId("contact");
  const headers = screen.getAllByRole("columnheader").map(({ textContent }) => textContent);
  expect(headers).toEqual(["Email address", "Name", "c1", "c2", "c3", "c4", "constructor", "More", "From file", "Line"]);
  expect(screen.getByRole("button", { name: "2 more about few@example.org" })).toBeTruthy();
});

test("the pages of the list lead on and back; one that was come to from elsewhere leads to the first", async () => {
  const asked = serveContacts({
    "": { items: [contact("ann")], next: "b" },
    b: { items: [contact("bob")], next: "c" },
    c: { items: [contact("cid")], next: null },
  });
  const user = renderAt("/contacts");
  const goTo = async (name: string, address: string) => {
    await user.click(await screen.findByRole("link", { name }));
    await waitFor(() => {
      expect(addresses()).toEqual([address]);
    });
  };
  await goTo("Next", "bob@example.org");
  expect([location.search, screen.queryByRole("link", { name: "First" })]).toEqual(["?cursor=b", null]);
  await goTo("Next", "cid@example.org");
  expect(screen.queryByRole("link", { name: "Next" })).toBeNull();
  expect(asked.at(-1)).toBe("cursor=c&limit=50");
  await goTo("Previous", "bob@example.org");
  await goTo("Previous", "ann@example.org");
  expect(location.search).toBe("");
  await goTo("Next", "bob@example.org");
  await goTo("Next", "cid@example.org");
  await goTo("First", "ann@example.org");
});

test("a page of the list that is opened by its address leads to the first", async () => {
  serveContacts({ c: { items: [contact("cid")], next: null } });
  renderAt("/contacts?cursor=c");
  expect((await screen.findByRole("link", { name: "First" })).getAttribute("href")).toBe("/contacts");
  expect(screen.queryByRole("link", { name: "Previous" })).toBeNull();
});

test("an address is looked up, within a file where one is meant, and one that is not there is said not to be", async () => {
  const asked = serveContacts({ "": { items: [], next: null } });
  const user = renderAt(`/contacts?task=${ID}`);
  expect((await screen.findByTestId("of-file")).textContent).toContain("Only contacts from");
  expect(await within(screen.getByTestId("of-file")).findByRole("link", { name: "partner.csv" })).toBeTruthy();
  expect(await screen.findByText("This file brought no contacts.")).toBeTruthy();
  await user.type(screen.getByLabelText("Email address"), " a+b@Example.org {Enter}");
  expect(location.search).toBe(`?email=a%2Bb%40Example.org&task=${ID}`);
  expect((await screen.findByText(/No contact from this file has the address/)).textContent).toContain("a+b@Example.org");
  expect(asked.at(-1)).toBe(`email=a%2Bb%40Example.org&task=${ID}&limit=50`);
  await user.click(screen.getByRole("link", { name: "Show contacts from all files" }));
  expect(await screen.findByText(/No contact has the address/)).toBeTruthy();
  await user.click(screen.getByRole("link", { name: "Show all" }));
  expect(screen.getByLabelText<HTMLInputElement>("Email address").value).toBe("");
  expect((await screen.findByText(/There are no contacts yet/)).textContent).toContain("There are no contacts yet. Import a CSV file");
  await user.click(screen.getByRole("link", { name: "Import a CSV file" }));
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "Import contacts" }).checked).toBe(true);
});

test("what the service refuses, and that it is away, is said where the contacts would be", async () => {
  server.use(http.get("*/v1/contacts", () => HttpResponse.json(problem(422, "invalid_input", "parameter cursor: take it unchanged"), { status: 422 })));
  const user = renderAt("/contacts?cursor=x");
  expect(await screen.findByText("Parameter cursor: take it unchanged.")).toBeTruthy();
  server.use(http.get("*/v1/contacts", () => HttpResponse.error()));
  await user.click(screen.getByRole("link", { name: "First" }));
  expect(await screen.findByText(/The service cannot be reached; still trying/)).toBeTruthy();
});
