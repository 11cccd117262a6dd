import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { platform } from "@/platform";
import { words } from "@/words";
import { Button, IconButton, type ButtonSize } from "./button";

/** Copies `text`, and says that it did. With `children` it is a button with words. */
export function CopyButton({
  text,
  name = words.actions.copy,
  plain = false,
  size = "sm",
}: {
  text: string;
  name?: string;
  plain?: boolean;
  size?: ButtonSize;
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (done) {
      const timer = setTimeout(() => setDone(false), 1500);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [done]);
  const copy = () => void platform.copy(text).then(() => setDone(true));
  return plain ? (
    <Button look="ghost" size={size} icon={done ? Check : Copy} onClick={copy}>
      {done ? words.actions.copied : name}
    </Button>
  ) : (
    <IconButton
      icon={done ? Check : Copy}
      name={done ? words.actions.copied : name}
      size={size}
      onClick={copy}
    />
  );
}
