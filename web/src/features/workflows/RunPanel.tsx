"use client";
import { type ReactNode, useMemo, useState } from "react";
import { isObject } from "@/api/errors";
import { hasEnded } from "@/features/runs/model/status";
import { RunQuestions } from "@/features/runs/RunQuestions";
import styles from "@/features/workflows/Dock.module.css";
import { stillTaken } from "@/features/workflows/model/live";
import { useEditor } from "@/features/workflows/store";
import type { Running } from "@/features/workflows/useRunning";
import { useT } from "@/i18n";
import { href, Link } from "@/nav";
import { Button } from "@/ui/Button";
import { type JsonSchema, SchemaForm } from "@/ui/SchemaForm";
import { RunStatus } from "@/ui/Status";

/** The run that is shown: where it stands, what it asks, what it came to. Without one, what a new one is given. */
export default function RunPanel({ running }: { running: Running }): ReactNode {
  const t = useT();
  const run = useEditor((state) => state.run);
  const [asking, setAsking] = useState(false);
  if (!run || asking) return <Inputs running={running} given={run?.inputs ?? {}} onStarted={() => setAsking(false)} />;
  return (
    <div className={styles.run}>
      <p className={styles.facts}>
        <RunStatus status={run.status} />
        {run.version !== null && <span className="muted">{t("workflows.version", { n: run.version })}</span>}
        <Link to={href("/runs", { id: run.id })}>{t("workflows.openRun")}</Link>
        {!hasEnded(run.status) && (
          <Button small icon="stop" onClick={running.stop}>
            {t("action.stop")}
          </Button>
        )}
        <Button small icon="play" onClick={() => setAsking(true)}>
          {t("workflows.runOther")}
        </Button>
        <Button small kind="quiet" icon="close" onClick={running.clear}>
          {t("workflows.hideRun")}
        </Button>
      </p>
      {run.error && (
        <p role="alert" className={styles.error}>
          {run.error}
        </p>
      )}
      <RunQuestions runId={run.id} status={run.status} />
      {isObject(run.outputs) && (
        <pre className={styles.outputs} tabIndex={0} aria-label={t("workflows.output")}>
          {JSON.stringify(run.outputs, null, 2)}
        </pre>
      )}
    </div>
  );
}

interface InputsProps {
  running: Running;
  given: Readonly<Record<string, unknown>>;
  onStarted: () => void;
}

function Inputs({ running, given, onStarted }: InputsProps): ReactNode {
  const t = useT();
  const inputs = useEditor((state) => state.flow.inputs);
  const schema = useMemo(() => inputsSchema(inputs), [inputs]);
  return (
    <div className={styles.run}>
      {Object.keys(inputs).length === 0 && <p className="muted">{t("workflows.noInputs")}</p>}
      <SchemaForm
        key={JSON.stringify(schema)}
        schema={schema}
        initial={stillTaken(given, inputs)}
        submit={t("action.run")}
        busy={running.starting}
        onSubmit={(values) => {
          running.start(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined)));
          onStarted();
        }}
      />
    </div>
  );
}

/** A flow's inputs as the JSON Schema of a form. */
function inputsSchema(inputs: Readonly<Record<string, unknown>>): JsonSchema {
  const properties = Object.entries(inputs).map(([name, input]): [string, JsonSchema] => {
    const { type, options, required: _, ...rest } = isObject(input) ? input : { type: input };
    return [name, { ...rest, title: name, ...(type !== "any" && { type }), ...(Array.isArray(options) && { enum: options }) }];
  });
  const required = Object.entries(inputs).flatMap(([name, input]) => (isObject(input) && input.required === true && input.default === undefined ? [name] : []));
  return { type: "object", properties: Object.fromEntries(properties), required };
}
