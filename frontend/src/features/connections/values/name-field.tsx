import { Button } from "@/components/button";
import { Field, Input } from "@/components/field";
import { Said } from "@/components/said";
import { words } from "@/words";

const text = words.environments;

interface NameFieldProps {
  name: string;
  /** Environments of the project that have nothing of this connection yet. */
  known: readonly string[];
  error: string | undefined;
  onName: (name: string) => void;
  onLeave: () => void;
}

/** The name of an environment: typed, or one that the project has. */
export const NameField = ({ name, known, error, onName, onLeave }: NameFieldProps) => (
  <div>
    <Field label={text.name} help={<Said text={text.nameHelp} />} error={error}>
      {(names) => (
        <Input
          {...names}
          data
          value={name}
          onChange={(event) => onName(event.target.value)}
          onBlur={onLeave}
        />
      )}
    </Field>
    {known.length > 0 && (
      <div role="group" aria-label={text.known} className="mt-1.5 flex flex-wrap items-center gap-1.5">
        <span className="text-12 text-fg-3">{text.known}</span>
        {known.map((one) => (
          <Button
            key={one}
            size="sm"
            aria-pressed={one === name}
            className="data aria-pressed:bg-accent-soft"
            onClick={() => onName(one)}
          >
            {one}
          </Button>
        ))}
      </div>
    )}
  </div>
);
