import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "../App";

export function renderApp() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <App />
    </QueryClientProvider>,
  );
  return userEvent.setup();
}

/** As the browser does that opens an address. */
export function renderAt(address: string) {
  history.replaceState(null, "", address);
  return renderApp();
}
