import "@picocss/pico/css/pico.classless.min.css";
import "./styles/theme.css";
import "./styles/page.css";
import "./styles/controls.css";
import "./styles/card.css";
import "./styles/intake.css";
import "./styles/files.css";
import "./styles/codes.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
