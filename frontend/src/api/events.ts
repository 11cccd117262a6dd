/** Server-sent events, read from a fetch stream: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Takes pieces of a stream's text, and answers the events that are whole. Lines end with LF, CR or CR LF. */
export function eventReader(): (piece: string) => ServerEvent[] {
  let rest = "";
  let data: string[] = [];
  let event = "message";
  let id = "";
  const line = (text: string): ServerEvent[] => {
    if (text === "") {
      const whole = data.length > 0 ? [{ id, event, data: data.join("\n") }] : [];
      data = [];
      event = "message";
      return whole;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "data") {
      data.push(value);
    } else if (name === "event") {
      event = value;
    } else if (name === "id" && !value.includes("\0")) {
      id = value;
    }
    return [];
  };
  return (piece) => {
    // A CR at the end may be the first half of CR LF.
    const text = rest + piece;
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + text.slice(whole.length);
    return lines.flatMap(line);
  };
}
