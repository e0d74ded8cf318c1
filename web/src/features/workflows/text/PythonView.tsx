"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { api, data } from "@/api/client";
import { toDocument } from "@/features/workflows/model/flow";
import { useEditor } from "@/features/workflows/store";
import styles from "@/features/workflows/text/Text.module.css";
import { useT } from "@/i18n";
import { CodeEditor } from "@/ui/CodeEditor";
import { CopyButton } from "@/ui/CopyButton";
import { Problem } from "@/ui/Page";

const SETTLE_MS = 300;

/** The flow as the Python code that builds it. It is written by the server, and read by nobody: that would mean running it. */
export default function PythonView(): ReactNode {
  const t = useT();
  const flow = useEditor((state) => state.flow);
  const [settled, setSettled] = useState(flow);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(flow), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [flow]);
  const source = useQuery({
    queryKey: ["flow-python", settled],
    queryFn: () => data(api.POST("/api/workflows/convert", { body: { document: toDocument(settled) as never, to: "python" } })),
    placeholderData: (before) => before,
    retry: false,
    gcTime: 0,
  });
  return (
    <div className={styles.text}>
      <p className={styles.note}>
        <span className="muted">{t("workflows.python.hint")}</span>
        <CopyButton text={source.data?.text ?? ""} />
      </p>
      {source.error ? <Problem error={source.error} /> : <CodeEditor label={t("workflows.python")} language="python" readOnly value={source.data?.text ?? ""} />}
    </div>
  );
}
