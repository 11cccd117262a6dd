import { setNonce } from "get-nonce";

/** The nonce of this page's policy; styles that scripts add carry it. Empty where there is no policy. */
export const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";

/** Tells it to those who add styles by themselves: what keeps the page from scrolling behind a dialog. */
export function spreadNonce(): void {
  if (nonce !== "") {
    setNonce(nonce);
  }
}
