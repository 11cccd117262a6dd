import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { versionsQuery } from "@/api/projects";
import { Badge } from "@/components/badge";
import { Moment } from "@/components/moment";
import { Rows } from "@/components/rows";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";

const text = words.projects;

/** What was pushed, and when. */
export function Versions({ project, newest }: { project: string; newest: number }) {
  const { data } = useQuery(versionsQuery(project));
  if (!data) {
    return <SkeletonRows tall />;
  }
  return (
    <Rows
      name={text.versions}
      height={36}
      items={data}
      head={
        <Head>
          <Column width={360}>{text.versionPage.list}</Column>
          <Column width={600}>{text.versionPage.at}</Column>
        </Head>
      }
      row={({ version, applied_at }) => (
        <Row key={version}>
          <Cell tall>
            <span className="flex items-center gap-2">
              <Link
                to="/projects/$project/versions/$version"
                params={{ project, version: String(version) }}
                className="text-13 font-medium hover:underline"
              >
                {text.version(version)}
              </Link>
              {version === newest && <Badge tone="ok">{text.versionPage.newest}</Badge>}
            </span>
          </Cell>
          <Cell tall className="text-fg-2">
            <Moment at={applied_at} relative />
          </Cell>
        </Row>
      )}
    />
  );
}
