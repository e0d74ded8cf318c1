"use client";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useT } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import styles from "@/ui/Dialog.module.css";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the bottom, the one that does it last. */
  actions?: ReactNode;
  /** `side` slides in over the right edge, for reading beside what is behind. */
  shape?: "center" | "side";
  wide?: boolean;
}

/** A dialog over the page. It holds the focus, closes with Escape, and gives the focus back. The control inside that is
 * marked `data-first` has the focus first; without one, the button that closes it. */
export function Dialog({ title, onClose, children, actions, shape = "center", wide = false }: Props): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const t = useT();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-first]")?.focus();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      className={cx(styles.dialog, styles[shape], wide && styles.wide)}
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className={styles.inside}>
        <header className={styles.head}>
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={t("action.close")} onClick={onClose} />
        </header>
        <div className={styles.body}>{children}</div>
        {actions && <footer className={styles.actions}>{actions}</footer>}
      </div>
    </dialog>
  );
}
