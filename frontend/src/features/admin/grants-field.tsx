import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { projectsQuery } from "@/api/projects";
import type { Grant, Role } from "@/api/types";
import { Button, IconButton } from "@/components/button";
import { Select } from "@/components/select";
import { words } from "@/words";

const text = words.admin.user;
export const ROLES: readonly Role[] = ["viewer", "operator", "editor", "admin"];
export const roleChoices = ROLES.map((value) => ({ value, name: words.roles[value] }));

/** All projects, or one of those that are there. */
export function useProjectChoices(): { value: string; name: string }[] {
  const { data = [] } = useQuery(projectsQuery);
  return [
    { value: "", name: text.everywhere },
    ...data.map(({ project }) => ({ value: project, name: project })),
  ];
}

/** Roles, and where each holds. */
export function GrantsField({ grants, onChange }: { grants: Grant[]; onChange: (grants: Grant[]) => void }) {
  const projects = useProjectChoices();
  const set = (place: number, grant: Grant) =>
    onChange(grants.map((one, at) => (at === place ? grant : one)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-12 font-medium text-fg-2">{text.roles}</legend>
      {grants.map((grant, place) => (
        <div key={place}>
          <div className="flex gap-2">
            <Select
              className="w-36"
              aria-label={text.role}
              value={grant.role}
              choices={roleChoices}
              onChoose={(role) => set(place, { ...grant, role })}
            />
            <Select
              className="grow"
              aria-label={text.where}
              value={grant.project ?? ""}
              choices={projects}
              onChoose={(project) => set(place, { role: grant.role, ...(project !== "" && { project }) })}
            />
            <IconButton
              icon={X}
              size="lg"
              name={text.removeRole}
              onClick={() => onChange(grants.filter((_, at) => at !== place))}
            />
          </div>
          <p className="mt-1 text-12 text-fg-3">{words.admin.roleAbout[grant.role]}</p>
        </div>
      ))}
      <Button
        size="sm"
        icon={Plus}
        className="self-start"
        onClick={() => onChange([...grants, { role: "viewer" }])}
      >
        {text.addRole}
      </Button>
    </fieldset>
  );
}
