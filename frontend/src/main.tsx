import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { followTheme } from "./app/theme/theme";
import { spreadNonce } from "./platform/nonce";
import "./styles/global.css";

spreadNonce();
followTheme();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
