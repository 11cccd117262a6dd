import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { words } from "@/words";
import { IconButton } from "./button";
import { classes } from "./classes";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What it is about, under the title. */
  about?: ReactNode;
  children?: ReactNode;
  /** The buttons, the primary one last. */
  actions?: ReactNode;
  wide?: boolean;
}

/** The first field gets the focus; where there is none the dialog itself, and no button by chance. */
function focusFirst(event: Event) {
  event.preventDefault();
  const dialog = event.currentTarget as HTMLElement;
  (dialog.querySelector<HTMLElement>("input, textarea, select") ?? dialog).focus();
}

/** What has to be answered first. Esc closes it. */
export function Dialog({ open, onClose, title, about, children, actions, wide = false }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-(--z-dialog) bg-veil" />
        <Radix.Content
          {...(about === undefined && { "aria-describedby": undefined })}
          onOpenAutoFocus={focusFirst}
          className={classes(
            "appear fixed top-[10%] left-1/2 z-(--z-dialog) flex max-h-[84%] -translate-x-1/2 flex-col outline-none rounded-4 border border-line-2 bg-pop shadow-e3",
            wide ? "w-180" : "w-110",
            "max-w-[calc(100vw-32px)]",
          )}
        >
          <div className="flex items-start gap-2 px-5 pt-4 pb-3">
            <div className="grow">
              <Radix.Title className="text-14 font-semibold">{title}</Radix.Title>
              {about !== undefined && (
                <Radix.Description asChild>
                  <div className="mt-1 text-13 text-fg-2">{about}</div>
                </Radix.Description>
              )}
            </div>
            <IconButton icon={X} name={words.actions.close} keys="escape" size="sm" onClick={onClose} />
          </div>
          <div className="min-h-0 grow overflow-auto px-5 pb-4">{children}</div>
          {actions !== undefined && (
            <div className="flex justify-end gap-2 border-t border-line px-5 py-3">{actions}</div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
