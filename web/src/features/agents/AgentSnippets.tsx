"use client";
import type { ReactNode } from "react";
import type { Schema } from "@/api/client";
import styles from "@/features/agents/Agents.module.css";
import { useT } from "@/i18n";
import { Link } from "@/nav";
import { CopyButton } from "@/ui/CopyButton";

/** How programs talk to this agent. */
export function AgentSnippets({ agent }: { agent: Schema<"AgentView"> }): ReactNode {
  const t = useT();
  const base = globalThis.location?.origin ?? "";
  const snippets = [
    {
      title: "curl",
      code: `curl ${base}/api/chat \\
  -H "Authorization: Bearer $LITEAGENT_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"agent_id": "${agent.id}", "message": "Hello"}'`,
    },
    {
      title: "Python (openai)",
      code: `from openai import OpenAI

client = OpenAI(base_url="${base}/v1", api_key=os.environ["LITEAGENT_KEY"])
answer = client.chat.completions.create(
    model="${agent.slug}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      title: "JavaScript",
      code: `const answer = await fetch("${base}/api/chat", {
  method: "POST",
  headers: { Authorization: \`Bearer \${key}\`, "Content-Type": "application/json" },
  body: JSON.stringify({ agent_id: "${agent.id}", message: "Hello" }),
});
console.log((await answer.json()).message.content);`,
    },
  ];
  return (
    <div className={styles.snippets}>
      <p>
        {t("agents.apiText")} <Link to="/settings?view=keys">{t("settings.keys")}</Link>
      </p>
      {snippets.map((snippet) => (
        <section key={snippet.title} className={styles.snippet} aria-label={snippet.title}>
          <header className={styles.tryHead}>
            <h2>{snippet.title}</h2>
            <CopyButton text={snippet.code} />
          </header>
          <pre tabIndex={0}>{snippet.code}</pre>
        </section>
      ))}
    </div>
  );
}
