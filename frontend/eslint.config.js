import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";

/** What only `platform/` may import. */
const desktop = { group: ["@tauri-apps/*"], message: "what only a desktop can do is behind src/platform" };

export default defineConfig(
  { ignores: ["dist", "src/api/schema.ts"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  hooks.configs.flat["recommended-latest"],
  a11y.flatConfigs.strict,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-console": "error",
      // No compiler memoises here, so what cannot be memoised is no matter.
      "react-hooks/incompatible-library": "off",
      // What scrolls has to scroll by keys, too.
      "jsx-a11y/no-noninteractive-tabindex": ["error", { roles: ["group"], tags: [] }],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      "no-restricted-imports": ["error", { patterns: [desktop] }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "package", package: "@tanstack/router-core", name: "Redirect" }] },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "text is text, never HTML",
        },
        { selector: "Literal[value=/^#[0-9a-f]{3,8}$/i]", message: "name a token of styles/tokens.css" },
      ],
    },
  },
  { files: ["src/platform/**"], rules: { "no-restricted-imports": "off" } },
  { files: ["eslint.config.js"], extends: [ts.configs.disableTypeChecked] },
);
