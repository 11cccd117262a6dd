import type { ReactNode } from "react";
import { useOffered } from "@/app/keys/commands";
import { chooseTheme, useTheme, type Theme } from "@/app/theme/theme";
import { Kbd } from "@/components/kbd";
import { Page, SectionTitle } from "@/components/page";
import { Segmented } from "@/components/tabs";
import { words } from "@/words";
import { AccountSection } from "./account-section";

const text = words.settings;
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** What is kept in this browser, and one's own account. */
export function SettingsPage() {
  const { choice } = useTheme();
  const keys = useOffered().filter((command) => command.keys !== undefined && command.group !== "page");
  return (
    <Page title={text.title}>
      <div className="flex max-w-150 flex-col gap-8 px-6 py-5">
        <Section title={text.appearance}>
          <div className="flex items-center justify-between gap-4">
            <div>
              <div className="font-medium">{text.theme}</div>
              <div className="text-12 text-fg-3">{text.themeHelp}</div>
            </div>
            <Segmented
              name={text.theme}
              value={choice}
              onChoose={chooseTheme}
              choices={THEMES.map((value) => ({ value, name: words.shell.theme[value] }))}
            />
          </div>
        </Section>
        <AccountSection />
        <Section title={text.keys} about={text.keysAbout}>
          <ul>
            {keys.map((command) => (
              <li key={command.id} className="flex h-7 items-center justify-between border-b border-line">
                {command.name}
                <Kbd keys={command.keys ?? ""} />
              </li>
            ))}
          </ul>
        </Section>
        <Section title={text.about}>
          <p className="text-fg-2">
            <a href="/api/docs" className="font-medium text-accent-text underline underline-offset-2">
              {text.docs}
            </a>
            <span className="mt-0.5 block text-12 text-fg-3">{text.docsAbout}</span>
          </p>
        </Section>
      </div>
    </Page>
  );
}

/** A titled part of the settings. */
export const Section = ({
  title,
  about,
  children,
}: {
  title: string;
  about?: string;
  children: ReactNode;
}) => (
  <section>
    <SectionTitle>{title}</SectionTitle>
    {about !== undefined && <p className="text-12 text-fg-3">{about}</p>}
    <div className="mt-2">{children}</div>
  </section>
);
