import { Upload } from "lucide-react";
import { Button } from "@/components/button";
import { Checkbox } from "@/components/choice";
import { words } from "@/words";

const text = words.push;

interface PushFooterProps {
  /** How many changes remove something. */
  removes: number;
  hasRead: boolean;
  onRead: (hasRead: boolean) => void;
  verb: string;
  refused: string | undefined;
  ready: boolean;
  onPush: () => void;
}

/** The push, and what has to be read before it. */
export const PushFooter = ({ removes, hasRead, onRead, verb, refused, ready, onPush }: PushFooterProps) => (
  <footer className="flex h-12 shrink-0 items-center gap-4 border-t border-line px-5">
    {removes > 0 && (
      <>
        <span className="text-12 font-medium text-warn-text">{text.removes(removes)}</span>
        <Checkbox checked={hasRead} onChange={onRead} className="text-12">
          {text.read}
        </Checkbox>
      </>
    )}
    <span className="grow" />
    <Button
      look="primary"
      icon={Upload}
      keys="mod+enter"
      refused={refused}
      disabled={!ready}
      onClick={onPush}
    >
      {verb}
    </Button>
  </footer>
);
