"use client";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "@/nav";
import styles from "@/ui/Button.module.css";
import { cx } from "@/ui/cx";
import { Icon, type IconName } from "@/ui/Icon";

type Kind = "primary" | "plain" | "quiet" | "danger";

interface Look {
  kind?: Kind;
  icon?: IconName;
  small?: boolean;
}

type Props = ButtonHTMLAttributes<HTMLButtonElement> & Look & { busy?: boolean };

function look({ kind = "plain", small = false }: Look, bare: boolean): string {
  return cx(styles.button, styles[kind], small && styles.small, bare && styles.bare);
}

/** Something to press. While `busy` it says so and takes no further press. */
export function Button({ kind, icon, small, busy = false, className, children, ...rest }: Props): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      className={cx(look({ kind, small }, !children), className)}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button without a word: its `label` is what it is called. */
export function IconButton({ label, ...rest }: Omit<Props, "children"> & { label: string; icon: IconName }): ReactNode {
  return <Button kind="quiet" {...rest} aria-label={label} title={label} />;
}

/** A link that looks like a button. */
export function ButtonLink({ to, kind, icon, small, children }: Look & { to: string; children: ReactNode }): ReactNode {
  return (
    <Link to={to} className={look({ kind, small }, false)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
