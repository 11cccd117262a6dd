import { useQuery } from "@tanstack/react-query";
import { projectsQuery } from "@/api/projects";
import { EmptyState } from "@/components/empty-state";
import { Page } from "@/components/page";
import { words } from "@/words";

const text = words.home;

/** What goes on, what needs somebody, and what comes next. */
export function HomePage() {
  const { data: projects } = useQuery(projectsQuery);
  return (
    <Page title={text.title}>
      {projects?.length === 0 && <EmptyState title={text.empty}>{text.emptyAbout}</EmptyState>}
    </Page>
  );
}
