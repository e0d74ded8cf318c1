"use client";
import type { ReactNode } from "react";
import styles from "@/features/workflows/Editor.module.css";
import { errorsIn } from "@/features/workflows/model/problems";
import { useEditor } from "@/features/workflows/store";
import { type Actions, told } from "@/features/workflows/useActions";
import type { View } from "@/features/workflows/views";
import { VIEWS } from "@/features/workflows/views";
import { useT } from "@/i18n";
import { Link } from "@/nav";
import { Button, IconButton } from "@/ui/Button";
import { Badge, type Tone } from "@/ui/Status";

interface Props {
  view: View;
  onView: (view: View) => void;
  actions: Actions;
  starting: boolean;
  onRun: () => void;
  onPublish: () => void;
  onVersions: () => void;
  onShortcuts: () => void;
}

/** The flow's name, how it is shown, and what can be done with it. */
export function Toolbar({ view, onView, actions, starting, onRun, onPublish, onVersions, onShortcuts }: Props): ReactNode {
  const t = useT();
  const name = useEditor((state) => state.flow.name || state.flow.id);
  const undo = useEditor((state) => state.history.past.at(-1)?.label);
  const redo = useEditor((state) => state.history.future.at(-1)?.label);
  return (
    <div className={styles.toolbar}>
      <Link to="/workflows" className={styles.back}>
        {t("nav.workflows")}
      </Link>
      <p className={styles.name}>{name}</p>
      <SavedState />
      <div role="group" aria-label={t("workflows.view")} className={styles.views}>
        {VIEWS.map((each) => (
          <button key={each} type="button" aria-pressed={view === each} data-view={each} onClick={() => onView(each)}>
            {t(`workflows.view.${each}`)}
          </button>
        ))}
      </div>
      <div className={styles.tools}>
        <IconButton icon="undo" disabled={!undo} label={undo ? t("workflows.undo", { what: told(t, undo) }) : t("workflows.nothingToUndo")} onClick={actions.undo} />
        <IconButton icon="redo" disabled={!redo} label={redo ? t("workflows.redo", { what: told(t, redo) }) : t("workflows.nothingToRedo")} onClick={actions.redo} />
        <IconButton icon="table" label={t("workflows.key.tidy")} onClick={() => void actions.tidy()} />
        <Fit />
        <IconButton icon="book" label={t("workflows.shortcuts")} onClick={onShortcuts} />
        <Button kind="quiet" icon="clock" onClick={onVersions}>
          {t("workflows.versions")}
        </Button>
        <Button kind="quiet" icon="check" onClick={onPublish}>
          {t("workflows.publish")}
        </Button>
        <Button kind="primary" icon="play" busy={starting} onClick={onRun}>
          {t("action.run")}
        </Button>
      </div>
    </div>
  );
}

function Fit(): ReactNode {
  const t = useT();
  const canvas = useEditor((state) => state.canvas);
  return <IconButton icon="zoom" label={t("workflows.key.fit")} disabled={!canvas} onClick={() => canvas?.fit()} />;
}

const TONES: Readonly<Record<string, Tone>> = { saved: "ok", saving: "quiet", waiting: "quiet", invalid: "warn", offline: "warn", refused: "err" };

/** Whether the server has what is shown; if not, it is safe in this browser. */
function SavedState(): ReactNode {
  const t = useT();
  const saving = useEditor((state) => state.saving);
  const version = useEditor((state) => state.version);
  const errors = useEditor((state) => errorsIn(state.problems));
  return (
    <span className={styles.saved} role="status" data-saving={saving}>
      <Badge tone={TONES[saving]} icon={saving === "saved" ? "check" : undefined}>
        {t(`workflows.saving.${saving}`, { version, errors })}
      </Badge>
    </span>
  );
}
