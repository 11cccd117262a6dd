import { Link } from "@tanstack/react-router";
import { useOffered } from "@/app/keys/commands";
import { chooseTheme, useTheme, type Theme } from "@/app/theme/theme";
import { buttonClasses } from "@/components/button";
import { Kbd } from "@/components/kbd";
import { Page } from "@/components/page";
import { Segmented } from "@/components/tabs";
import { platform } from "@/platform";
import { words } from "@/words";
import { AccountSection } from "./account-section";
import { DesktopSection } from "./desktop-section";
import { Section } from "./section";

const text = words.settings;
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** What is kept in this browser, and one's own account; on the desktop, what is set for this computer. */
export function SettingsPage() {
  const { choice } = useTheme();
  const keys = useOffered().filter((command) => command.keys !== undefined && command.group !== "page");
  return (
    <Page title={text.title}>
      {/* Sections keep their distance by padding: a margin would begin the second column in WebKit. */}
      <div className="max-w-150 columns-1 gap-16 px-6 py-5 *:break-inside-avoid *:pb-8 min-[1400px]:max-w-300 min-[1400px]:columns-2">
        <Section title={text.appearance}>
          <div className="flex items-center justify-between gap-4">
            <div>
              <div className="font-medium">{text.theme}</div>
              <div className="text-12 text-fg-3">
                {platform.desktop ? text.themeHelpHere : text.themeHelp}
              </div>
            </div>
            <Segmented
              name={text.theme}
              value={choice}
              onChoose={chooseTheme}
              choices={THEMES.map((value) => ({ value, name: words.shell.theme[value] }))}
            />
          </div>
        </Section>
        {platform.desktop ? <DesktopSection desktop={platform.desktop} /> : <AccountSection />}
        <Section title={words.projects.title} about={text.importAbout}>
          <Link to="/push" className={buttonClasses()}>
            {text.import}
          </Link>
        </Section>
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
        {platform.desktop === undefined && (
          <Section title={text.about}>
            <p className="text-fg-2">
              <a href="/api/docs" className="font-medium text-accent-text underline underline-offset-2">
                {text.docs}
              </a>
              <span className="mt-0.5 block text-12 text-fg-3">{text.docsAbout}</span>
            </p>
          </Section>
        )}
      </div>
    </Page>
  );
}
