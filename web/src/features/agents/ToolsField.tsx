"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, data } from "@/api/client";
import styles from "@/features/agents/Agents.module.css";
import { asksFirst, nameOf, type Tool } from "@/features/agents/draft";
import { useT } from "@/i18n";
import { Check, Field, Select } from "@/ui/Field";

interface Props {
  tools: readonly Tool[];
  onChange: (tools: Tool[]) => void;
}

type Asking = "tool" | "always" | "never";

/** What the agent may do, and whether a person is asked first. */
export function ToolsField({ tools, onChange }: Props): ReactNode {
  const t = useT();
  const known = useQuery({ queryKey: ["meta", "tools"], queryFn: () => data(api.GET("/api/meta/tools")) });
  const listed = (known.data?.items ?? []).filter((tool) => tool.name !== "search_knowledge");
  const unlisted = tools.filter((tool) => !listed.some((each) => each.name === nameOf(tool)));
  const toggle = (name: string, on: boolean): void =>
    onChange(on ? [...tools, name] : tools.filter((tool) => nameOf(tool) !== name));
  const ask = (name: string, asking: Asking): void =>
    onChange(tools.map((tool) => (nameOf(tool) === name ? withAsking(name, asking) : tool)));
  return (
    <ul className={styles.tools}>
      {[...listed, ...unlisted.map((tool) => ({ name: nameOf(tool), description: "" }))].map((tool) => {
        const chosen = tools.find((each) => nameOf(each) === tool.name);
        return (
          <li key={tool.name} className={styles.tool}>
            <Check
              label={
                <>
                  <span className="mono">{tool.name}</span>
                  {tool.description && <span className="muted"> {tool.description}</span>}
                </>
              }
              checked={chosen !== undefined}
              onChange={(event) => toggle(tool.name, event.target.checked)}
            />
            {chosen !== undefined && tool.name !== "request_human_input" && (
              <Field label={t("agents.ask", { name: tool.name })} bare>
                <Select value={asking(chosen)} onChange={(event) => ask(tool.name, event.target.value as Asking)}>
                  <option value="tool">{t("agents.ask.tool")}</option>
                  <option value="always">{t("agents.ask.always")}</option>
                  <option value="never">{t("agents.ask.never")}</option>
                </Select>
              </Field>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function asking(tool: Tool): Asking {
  const first = asksFirst(tool);
  return first === null ? "tool" : first ? "always" : "never";
}

function withAsking(name: string, asking: Asking): Tool {
  return asking === "tool" ? name : { name, approval: asking === "always" };
}
