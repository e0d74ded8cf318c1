"use client";
import { type ReactNode, useEffect } from "react";
import { messageOf } from "@/api/errors";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Icon, type IconName } from "@/ui/Icon";
import styles from "@/ui/Page.module.css";

interface PageProps {
  title: string;
  /** Whether what the page is about is still on its way. */
  busy?: boolean;
  actions?: ReactNode;
  /** Uses the whole width and height: canvases, chats. */
  full?: boolean;
  /** The title is read out and not shown. */
  untitled?: boolean;
  children: ReactNode;
}

/** The main part of a screen. It says in `aria-busy` whether its data is there. */
export function Page({ title, busy = false, actions, full = false, untitled = false, children }: PageProps): ReactNode {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
  return (
    <main id="content" tabIndex={-1} aria-busy={busy ? "true" : "false"} className={cx(styles.page, full && styles.full)}>
      <header className={untitled ? "visually-hidden" : styles.head}>
        <h1>{title}</h1>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </main>
  );
}

/** A part of a page under its own heading. */
export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }): ReactNode {
  return (
    <section className={styles.section} aria-label={title}>
      <header className={styles.sectionHead}>
        <h2>{title}</h2>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** Nothing is here yet, and what to do about that. */
export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className={styles.empty}>
      <Icon name={icon} size={24} />
      <p className={styles.emptyTitle}>{title}</p>
      {children && <p className="muted">{children}</p>}
      {action}
    </div>
  );
}

/** What went wrong, in the server's own words, and how to try again. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const t = useT();
  return (
    <div className={styles.problem} role="alert">
      <Icon name="alert" />
      <div>
        <p className={styles.emptyTitle}>{t("state.error")}</p>
        <p>{messageOf(error)}</p>
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          {t("action.retry")}
        </Button>
      )}
    </div>
  );
}
