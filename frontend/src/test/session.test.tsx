import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { delay, http, HttpResponse } from "msw";
import { afterAll, describe, expect, test, vi } from "vitest";
import { renderApp } from "./render";
import { doneTask, ID, problem, server } from "./server";

const KEYS: Record<string, string> = { md5_ann: "ann", md5_bob: "bob" };
const NO_KEY = problem(401, "unauthorized", "a key is needed");
const WRONG_KEY = problem(401, "unauthorized", "this key opens nothing here: it is wrong, or was revoked");

/** A service with keys, and the browser's cookie; each owner has handed over one file. */
function serve(signedIn: string | null) {
  const now = { owner: signedIn, requests: 0 };
  const opened = (answer: (owner: string) => Response) => () => {
    now.requests += 1;
    return now.owner === null ? HttpResponse.json(NO_KEY, { status: 401 }) : answer(now.owner);
  };
  const session = () => HttpResponse.json({ auth: "keys", owner: now.owner });
  server.use(
    http.get("*/v1/session", session),
    http.post("*/v1/session", async ({ request }) => {
      const owner = KEYS[((await request.json()) as { key: string }).key];
      if (owner === undefined) return HttpResponse.json(WRONG_KEY, { status: 401 });
      now.owner = owner;
      return session();
    }),
    http.delete("*/v1/session", () => {
      now.owner = null;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(
      "*/v1/tasks",
      opened((owner) => HttpResponse.json({ items: [doneTask({ filename: `of ${owner}` })], next: null })),
    ),
    http.get(
      "*/v1/tasks/:id",
      opened((owner) => HttpResponse.json(doneTask({ filename: `of ${owner}` }))),
    ),
    http.get(
      "*/v1/stats",
      opened(() => HttpResponse.json({ counts: [], last_hour: [], oldest_unfinished_s: null })),
    ),
    http.post(
      "*/v1/tasks",
      opened(() => HttpResponse.json(doneTask({ id: ID.slice(0, -4) + String(1000 + now.requests) }), { status: 202 })),
    ),
  );
  return now;
}

const field = () => screen.findByLabelText<HTMLInputElement>("Key");

async function signIn(user: ReturnType<typeof renderApp>, key: string) {
  await user.type(await field(), `${key}{Enter}`);
}

test("who has shown no key is asked for one; a wrong one is said to be wrong, and the right one leads on", async () => {
  serve(null);
  const user = renderApp();
  expect(await screen.findByRole("heading", { name: "Sign in with your key" })).toBeTruthy();
  expect(document.activeElement).toBe(await field());
  expect([(await field()).type, (await field()).autocomplete]).toEqual(["password", "current-password"]);
  expect(screen.getByText(/Ask your administrator for a key\./)).toBeTruthy();
  expect(screen.queryByRole("navigation")).toBeNull();
  expect(screen.queryByLabelText("Choose files")).toBeNull();
  expect(document.title).toContain("Sign in");

  await signIn(user, "md5_wrong");
  expect(await screen.findByText("This key opens nothing here: it is wrong, or was revoked.")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain("opens nothing here");
  expect((await field()).getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(await field());

  await user.clear(await field());
  await signIn(user, " md5_ann ");
  expect(await screen.findByLabelText("Choose files")).toBeTruthy();
  expect(screen.getByText("ann")).toBeTruthy();
  expect(screen.getByTestId("announcer").textContent).toBe("Signed in as ann");
  await waitFor(() => {
    expect(document.activeElement).toBe(screen.getByRole("main"));
  });
});

test("a browser that keeps no cookies is told so", async () => {
  const now = serve(null);
  server.use(http.post("*/v1/session", () => HttpResponse.json({ auth: "keys", owner: "ann" })));
  const user = renderApp();
  await signIn(user, "md5_ann");
  expect(await screen.findByText(/did not store the cookie/)).toBeTruthy();
  expect(now.requests).toBe(0);
});

test("where no keys are asked for there is nothing to see of them", async () => {
  let asked = 0;
  server.use(
    http.get("*/v1/session", () => {
      asked += 1;
      return HttpResponse.json({ auth: "none", owner: null });
    }),
  );
  renderApp();
  await waitFor(() => {
    expect(asked).toBe(1);
  });
  await delay(50);
  expect(screen.getByLabelText("Choose files")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Sign out" })).toBeNull();
  expect(screen.queryByLabelText("Key")).toBeNull();
});

test("nothing of one owner is there for the next", async () => {
  serve("ann");
  history.replaceState(null, "", `/tasks/${ID}`);
  const user = renderApp();
  expect(await screen.findByRole("article", { name: "of ann" })).toBeTruthy();
  expect(await screen.findByText(/^curl -H "Authorization: Bearer \$MD5_KEY"/)).toBeTruthy();
  await user.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(document.activeElement).toBe(await field());
  expect(location.pathname).toBe("/");
  expect(`${document.title}${document.body.textContent}`).not.toContain("ann");

  await signIn(user, "md5_bob");
  expect(await screen.findByText("bob")).toBeTruthy();
  const slow = http.get(`*/v1/tasks/${ID}`, () => delay("infinite"));
  server.use(slow);
  fireEvent.change(screen.getByLabelText(/Id, link, or part/), { target: { value: ID } });
  await user.click(screen.getByRole("button", { name: "Look up" }));
  expect(await screen.findByText("Loading…")).toBeTruthy(); // and not what ann has seen there
});

test("a key that ends while the page is open is asked for again, once, and then all goes on", async () => {
  const now = serve("ann");
  history.replaceState(null, "", "/tasks");
  const user = renderApp();
  expect(await screen.findByRole("checkbox", { name: "Select of ann" })).toBeTruthy();
  now.owner = null;
  expect(await field()).toBeTruthy();
  const asked = now.requests;
  await delay(3000);
  expect(now.requests).toBe(asked);
  await signIn(user, "md5_ann");
  expect(await screen.findByRole("checkbox", { name: "Select of ann" })).toBeTruthy();
  expect(location.pathname).toBe("/tasks");
});

const files = (...names: string[]) => names.map((name) => new File(["abc"], name));

test("files whose key ended are not sent again and again, and can be retried by the same owner", async () => {
  const now = serve("ann");
  const user = renderApp();
  await screen.findByText("ann");
  now.owner = null;
  await user.upload(screen.getByLabelText("Choose files"), files("1", "2", "3", "4", "5", "6", "7", "8"));
  expect(await screen.findByText(/can be retried after you sign in/)).toBeTruthy();
  expect(now.requests).toBeLessThanOrEqual(3); // that were under way at the same time
  await signIn(user, "md5_ann");
  expect((await screen.findByTestId("summary")).textContent).toContain("8 files: 8 not uploaded");
  const card = within(screen.getByRole("article", { name: "8" }));
  expect(card.getByText("A key is needed.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Retry 8 uploads" }));
  await waitFor(() => {
    expect(screen.getAllByText("Done")).toHaveLength(8);
  });
});

test("another owner sees none of the files that were on their way", async () => {
  const now = serve("ann");
  const user = renderApp();
  await screen.findByText("ann");
  now.owner = null;
  await user.upload(screen.getByLabelText("Choose files"), files("secret"));
  await signIn(user, "md5_bob");
  expect(await screen.findByText("bob")).toBeTruthy();
  expect(screen.queryByText("secret")).toBeNull();
  expect(screen.getByRole("heading", { name: "How it works" })).toBeTruthy();
});

test("who signs out in the middle of an upload is asked, for it ends", async () => {
  serve("ann");
  server.use(http.post("*/v1/tasks", () => delay("infinite")));
  const user = renderApp();
  const signOut = await screen.findByRole("button", { name: "Sign out" });
  await user.upload(screen.getByLabelText("Choose files"), files("long"));
  const ask = vi.fn(() => false);
  vi.stubGlobal("confirm", ask);
  await user.click(signOut);
  expect(ask).toHaveBeenCalledOnce();
  expect(screen.getByRole("article", { name: "long" })).toBeTruthy();
  ask.mockReturnValue(true);
  await user.click(signOut);
  expect(await field()).toBeTruthy();
  vi.unstubAllGlobals();
});

test("an owner who came in another tab is noticed when this one is looked at again", async () => {
  const now = serve("ann");
  history.replaceState(null, "", `/tasks/${ID}`);
  renderApp();
  await screen.findByRole("article", { name: "of ann" });
  await screen.findByText("ann");
  now.owner = "bob";
  document.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(new Event("visibilitychange"));
  expect(await screen.findByText("bob")).toBeTruthy();
  expect(await screen.findByRole("article", { name: "of bob" })).toBeTruthy();
});

test("what is typed stays when one goes to Tasks and back, and is gone after signing out", async () => {
  serve("ann");
  history.replaceState(null, "", "/?job=check");
  const user = renderApp();
  await screen.findByText("ann");
  await user.type(screen.getByLabelText(/^Batch/), "run 7");
  await user.click(screen.getByLabelText(/^Expected MD5/));
  await user.paste("a pasted list");
  await user.click(screen.getByRole("link", { name: "Tasks" }));
  await screen.findByRole("heading", { name: "All tasks" });
  await user.click(screen.getByRole("link", { name: "Upload" }));
  const typed = () => [screen.getByLabelText<HTMLInputElement>(/^Batch/).value, screen.queryByLabelText<HTMLTextAreaElement>(/^Expected MD5/)?.value];
  await user.click(await screen.findByLabelText("Check a delivery"));
  expect(typed()).toEqual(["run 7", "a pasted list"]);
  expect(JSON.stringify(Object.entries(sessionStorage))).not.toContain("pasted");

  await user.click(screen.getByRole("button", { name: "Sign out" }));
  await signIn(user, "md5_ann");
  await user.click(await screen.findByLabelText("Check a delivery"));
  expect(typed()).toEqual(["", ""]);
});

describe("another window of this browser", () => {
  const other = new BroadcastChannel("file-intake:session");
  afterAll(() => {
    other.close();
  });

  test("that signs out and lets another owner in does so here, and ends the uploads at once", async () => {
    const now = serve("ann");
    const senders: (string | null)[] = [];
    server.use(
      http.post("*/v1/tasks", async () => {
        senders.push(now.owner);
        await delay("infinite");
      }),
    );
    const user = renderApp();
    await screen.findByText("ann");
    await user.upload(screen.getByLabelText("Choose files"), files("1", "2", "3", "4", "5"));
    await waitFor(() => {
      expect(senders).toHaveLength(3);
    });
    now.owner = null;
    other.postMessage(null);
    expect(await field()).toBeTruthy();
    now.owner = "bob";
    other.postMessage("bob");
    expect(await screen.findByText("bob")).toBeTruthy();
    expect(screen.queryByText("ann")).toBeNull();
    expect(screen.queryAllByTestId("file")).toHaveLength(0);
    await delay(100);
    expect(senders).toEqual(["ann", "ann", "ann"]); // nothing of hers was sent as bob's
  });

  test("is told when somebody signs in or out here", async () => {
    serve(null);
    const told: unknown[] = [];
    other.onmessage = ({ data }: MessageEvent<unknown>) => told.push(data);
    const user = renderApp();
    await signIn(user, "md5_ann");
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    await field();
    await waitFor(() => {
      expect(told).toEqual(["ann", null]);
    });
  });

  test("cannot make an installation without keys ask for one", async () => {
    renderApp();
    await screen.findByLabelText("Choose files");
    other.postMessage(null);
    await delay(100);
    expect(screen.getByLabelText("Choose files")).toBeTruthy();
  });
});
