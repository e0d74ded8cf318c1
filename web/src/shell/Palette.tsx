"use client";
import { type KeyboardEvent, type ReactNode, useId, useMemo, useState } from "react";
import { useT } from "@/i18n";
import { useNav } from "@/nav";
import { type Command, useCommands } from "@/shell/commands";
import styles from "@/shell/Palette.module.css";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/Icon";

/** Everything that can be gone to or done, by typing. */
export function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const nav = useNav();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const commands = useCommands();
  const found = useMemo(() => commands.filter((each) => matches(each, typed)), [commands, typed]);

  const choose = (command: Command | undefined): void => {
    if (!command) return;
    onClose();
    if (command.to) nav(command.to);
    else command.run?.();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title={t("palette.title")} onClose={onClose}>
      <input
        className={styles.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
        aria-label={t("palette.title")}
        placeholder={t("palette.placeholder")}
        value={typed}
        data-first
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id={id} role="listbox" aria-label={t("palette.title")} className={styles.list}>
        {found.map((command, place) => (
          <li
            key={command.id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            className={styles.option}
            onPointerMove={() => setAt(place)}
            onClick={() => choose(command)}
          >
            <Icon name={command.icon} />
            {command.label}
            {command.kind && <span className={styles.kind}>{command.kind}</span>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="muted">{t("palette.none")}</p>}
    </Dialog>
  );
}

function matches(command: Command, typed: string): boolean {
  const words = typed.toLowerCase().split(/\s+/);
  const text = `${command.label} ${command.kind ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
