"use client";
import type { ReactNode } from "react";
import type { ToolUse } from "@/features/chat/model/turn";
import styles from "@/features/chat/ToolLine.module.css";
import { useT } from "@/i18n";
import { Icon } from "@/ui/Icon";
import { Badge, type Tone } from "@/ui/Status";

const TONES: Readonly<Record<ToolUse["state"], Tone>> = { running: "accent", done: "ok", failed: "err", rejected: "warn" };

/** A tool's call in one line; it opens to show what went in and what came out. */
export function ToolLine({ tool }: { tool: ToolUse }): ReactNode {
  const t = useT();
  return (
    <details className={styles.tool}>
      <summary className={styles.line}>
        <Icon name="tool" />
        <span className="mono">{tool.name}</span>
        <span className={styles.brief}>{brief(tool.arguments)}</span>
        <Badge tone={TONES[tool.state]}>
          {tool.passages === null ? t(`chat.tool.${tool.state}`) : t("chat.tool.passages", { n: tool.passages })}
        </Badge>
      </summary>
      <pre className={styles.detail}>{pretty(tool.arguments)}</pre>
      {tool.result && <pre className={styles.detail}>{tool.result}</pre>}
    </details>
  );
}

function brief(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.values(value).map(String).join(" · ") : text;
  } catch {
    return text;
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
