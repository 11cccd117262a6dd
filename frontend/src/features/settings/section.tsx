import type { ReactNode } from "react";
import { SectionTitle } from "@/components/page";

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
