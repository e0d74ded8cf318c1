"use client";
import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from "react";
import styles from "@/features/workflows/AddNode.module.css";
import { iconOf, useKinds } from "@/features/workflows/kinds";
import { graphAt } from "@/features/workflows/model/flow";
import { ancestors } from "@/features/workflows/model/scope";
import { useEditor } from "@/features/workflows/store";
import type { Actions, Target } from "@/features/workflows/useActions";
import { useT } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import { Input } from "@/ui/Field";
import { Icon, type IconName } from "@/ui/Icon";

interface Choice {
  id: string;
  icon: IconName;
  name: string;
  told: string;
  /** Does it, and gives the node to go on from. */
  take: () => string;
}

interface Props {
  target: Target;
  actions: Actions;
  onClose: () => void;
  /** Told which node to go on from. */
  onDone: (id: string) => void;
}

/** Finds the next node by typing: a new one of any type, or one that is there already, to be joined. */
export function AddNode({ target, actions, onClose, onDone }: Props): ReactNode {
  const t = useT();
  const id = useId();
  const kinds = useKinds();
  const graph = useEditor((state) => graphAt(state.flow, target.inside ?? state.place));
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const after = target.after ?? null;
  const choices = useMemo(() => {
    const begun = Object.values(graph?.nodes ?? {}).some((node) => node.type === "start");
    const made = kinds.all.filter((kind) => kind.type !== "start" || !begun).map((kind): Choice => ({ id: kind.type, icon: iconOf(kind.type), name: kinds.word(kind.type), told: kind.summary, take: () => actions.add(kind.type, target) }));
    if (!graph || !after || target.edge) return made;
    const before = new Set([after, ...ancestors(graph, after)]);
    const there = Object.entries(graph.nodes)
      .filter(([name, node]) => !before.has(name) && node.type !== "start")
      .map(([name, node]): Choice => ({ id: `→${name}`, icon: "arrow", name: `→ ${name}`, told: t("workflows.joinTo", { kind: kinds.word(node.type) }), take: () => (actions.join(after, name), name) }));
    return [...made, ...there];
  }, [actions, after, graph, kinds, t, target]);
  const found = useMemo(() => ranked(choices, typed), [choices, typed]);
  const choose = (choice: Choice | undefined): void => {
    if (!choice) return;
    onClose();
    onDone(choice.take());
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title={title(t, target)} onClose={onClose}>
      <Input
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
        aria-label={t("workflows.findNode")}
        placeholder={t("workflows.findNode")}
        value={typed}
        data-first
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id={id} role="listbox" aria-label={t("workflows.findNode")} className={styles.list}>
        {found.map((choice, place) => (
          <li key={choice.id} id={`${id}-${place}`} role="option" aria-selected={place === at} className={styles.option} onPointerMove={() => setAt(place)} onClick={() => choose(choice)}>
            <Icon name={choice.icon} />
            <span className={styles.name}>{choice.name}</span>
            <span className={styles.told}>{choice.told}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="muted">{t("palette.none")}</p>}
    </Dialog>
  );
}

function title(t: ReturnType<typeof useT>, { after, edge }: Target): string {
  if (edge) return t("workflows.insert");
  return after ? t("workflows.addAfter", { id: after }) : t("workflows.addNode");
}

/** Choices that begin with what was typed come before those that only contain it. */
function ranked(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [...choices];
  const rank = ({ id, name, told }: Choice): number => {
    const heads = [id.toLowerCase(), name.toLowerCase()];
    if (heads.some((head) => head === wanted)) return 0;
    if (heads.some((head) => head.startsWith(wanted))) return 1;
    return heads.some((head) => head.includes(wanted)) ? 2 : told.toLowerCase().includes(wanted) ? 3 : 4;
  };
  return choices.filter((each) => rank(each) < 4).sort((one, other) => rank(one) - rank(other));
}
