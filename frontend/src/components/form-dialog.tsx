import { useId, type ReactNode, type SyntheticEvent } from "react";
import { words } from "@/words";
import { Button, type ButtonLook } from "./button";
import { Dialog } from "./dialog";
import { ProblemPanel } from "./error-panel";

interface FormDialogProps {
  title: string;
  about?: ReactNode;
  /** The verb on the button. */
  verb: string;
  look?: ButtonLook;
  /** Whether it can be sent as it is. */
  ready?: boolean;
  isPending: boolean;
  problem: unknown;
  /** What is said above a problem. */
  failed: string;
  /** What does the problem's remedy. */
  problemAction?: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  wide?: boolean;
  children?: ReactNode;
}

/** A dialog that asks for something and sends it; what is answered instead stays in it. */
export function FormDialog(props: FormDialogProps) {
  const {
    title,
    about,
    verb,
    look = "primary",
    ready = true,
    isPending,
    problem,
    failed,
    problemAction,
    onSubmit,
    onClose,
    wide = false,
    children,
  } = props;
  const id = useId();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready && !isPending) {
      onSubmit();
    }
  };
  return (
    <Dialog
      open
      wide={wide}
      onClose={onClose}
      title={title}
      about={about}
      actions={
        <>
          <Button look="ghost" onClick={onClose}>
            {words.actions.cancel}
          </Button>
          <Button look={look} type="submit" form={id} disabled={!ready || isPending}>
            {verb}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} className="flex flex-col gap-3">
        {children}
        {problem != null && <ProblemPanel title={failed} problem={problem} action={problemAction} />}
      </form>
    </Dialog>
  );
}
