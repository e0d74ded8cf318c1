"use client";
import { type ReactNode, useEffect, useState } from "react";
import { useInbox } from "@/api/queries";
import { useT } from "@/i18n";
import { Link, usePath } from "@/nav";
import styles from "@/shell/Frame.module.css";
import { Palette } from "@/shell/Palette";
import { PLACES } from "@/shell/places";
import { Button, IconButton } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

const OFTEN_MS = 15_000;

/** The side bar and what is beside it. */
export function Frame({ children }: { children: ReactNode }): ReactNode {
  const t = useT();
  const path = usePath();
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);

  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((shown) => !shown);
      }
    };
    globalThis.addEventListener("keydown", press);
    return () => globalThis.removeEventListener("keydown", press);
  }, []);

  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        {t("nav.skip")}
      </a>
      <header className={styles.bar}>
        <IconButton icon="menu" label={t("nav.menu")} aria-expanded={open} onClick={() => setOpen(!open)} />
        <span className={styles.name}>{t("app.name")}</span>
        <IconButton icon="search" label={t("palette.title")} onClick={() => setPalette(true)} />
      </header>
      <nav className={styles.side} data-open={open} aria-label={t("nav.main")}>
        <span className={styles.brand}>
          <span className={styles.glyph} aria-hidden="true" />
          {t("app.name")}
        </span>
        <Button kind="plain" icon="search" className={styles.find} onClick={() => setPalette(true)}>
          {t("palette.hint")}
          <kbd>Ctrl K</kbd>
        </Button>
        <Places path={path} />
      </nav>
      <div className={styles.content}>{children}</div>
      {palette && <Palette onClose={() => setPalette(false)} />}
    </div>
  );
}

function Places({ path }: { path: string }): ReactNode {
  const t = useT();
  const inbox = useInbox(OFTEN_MS);
  const waiting = inbox.data?.items.length ?? 0;
  return (
    <ul className={styles.places}>
      {PLACES.map((place) => (
        <li key={place.path}>
          <Link
            to={place.path}
            className={styles.place}
            aria-current={path === place.path ? "page" : undefined}
          >
            <Icon name={place.icon} />
            <span>{t(place.name)}</span>
            {place.path === "/inbox" && waiting > 0 && <span className={styles.count}>{waiting}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
