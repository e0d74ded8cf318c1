/** One event of a stream. */
export interface ServerEvent {
  id: string | null;
  type: string;
  data: string;
}

/** Reads server-sent events from text that arrives in any pieces (the HTML standard, section 9.2.6). */
export class SseParser {
  private rest = "";
  private id: string | null = null;
  private type = "";
  private data: string[] = [];
  private skipLineFeed = false;

  /** The events that `text` completes. */
  feed(text: string): ServerEvent[] {
    const found: ServerEvent[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const mark = text[at];
      if (mark !== "\n" && mark !== "\r") {
        this.skipLineFeed = false;
        continue;
      }
      if (mark === "\n" && this.skipLineFeed) {
        this.skipLineFeed = false;
        from = at + 1;
        continue;
      }
      this.skipLineFeed = mark === "\r";
      const event = this.line(this.rest + text.slice(from, at));
      if (event) found.push(event);
      this.rest = "";
      from = at + 1;
    }
    this.rest += text.slice(from);
    return found;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.data.push(value);
    else if (name === "event") this.type = value;
    else if (name === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  private dispatch(): ServerEvent | null {
    const event =
      this.data.length > 0 ? { id: this.id, type: this.type || "message", data: this.data.join("\n") } : null;
    this.type = "";
    this.data = [];
    return event;
  }
}
