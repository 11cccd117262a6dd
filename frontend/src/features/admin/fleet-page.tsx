import { useQuery } from "@tanstack/react-query";
import { queuesQuery, workersQuery } from "@/api/fleet";
import { useRefusal } from "@/app/session/session";
import { ProblemPanel } from "@/components/error-panel";
import { SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { AdminPage } from "./admin-page";
import { QueuesTable } from "./queues-table";
import { WorkersTable } from "./workers-table";

const text = words.admin.fleetOf;

/** Who is there to work, what each carries, and what waits. */
export function FleetPage() {
  // Whoever sees all projects sees what works for them.
  const refused = useRefusal()("viewer");
  const enabled = refused === undefined;
  const queues = useQuery({ ...queuesQuery, enabled });
  const workers = useQuery({ ...workersQuery, enabled });
  const problem = queues.error ?? workers.error;
  return (
    <AdminPage part="fleet" global={refused !== undefined}>
      <div tabIndex={0} role="group" aria-label={words.admin.fleet} className="min-h-0 grow overflow-auto">
        {problem && !(queues.data && workers.data) ? (
          <div className="max-w-160 p-6">
            <ProblemPanel title={words.errors.notLoaded} problem={problem} />
          </div>
        ) : !queues.data || !workers.data ? (
          <SkeletonRows tall />
        ) : (
          <>
            <section>
              <div className="px-5 pt-4 pb-2">
                <SectionTitle count={queues.data.length}>{text.queues}</SectionTitle>
                <p className="text-12 text-fg-3">{text.queuesAbout}</p>
              </div>
              <QueuesTable queues={queues.data} />
            </section>
            <section>
              <div className="px-5 pt-6 pb-2">
                <SectionTitle count={workers.data.length}>{text.workers}</SectionTitle>
              </div>
              <WorkersTable workers={workers.data} />
            </section>
          </>
        )}
      </div>
    </AdminPage>
  );
}
