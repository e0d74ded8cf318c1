import { describe, expect, it } from "vitest";
import { cronShape } from "@/features/triggers/model/cron";

describe("the words for a schedule", () => {
  it.each([
    ["* * * * *", { kind: "minutes", every: 1 }],
    ["*/15 * * * *", { kind: "minutes", every: 15 }],
    ["5 * * * *", { kind: "hours", every: 1, minute: 5 }],
    ["0 */6 * * *", { kind: "hours", every: 6, minute: 0 }],
    ["30 9 * * *", { kind: "day", time: "09:30" }],
    ["0 9 * * mon-fri", { kind: "week", time: "09:00", days: [1, 2, 3, 4, 5] }],
    ["0 9 * * 0,6", { kind: "week", time: "09:00", days: [6, 0] }],
    ["0 9 * * 7", { kind: "week", time: "09:00", days: [0] }],
    ["  0  0 1 * * ", { kind: "month", time: "00:00", day: 1 }],
  ])("are there for %s", (cron, shape) => {
    expect(cronShape(cron)).toEqual(shape);
  });

  it.each([
    "",
    "* * * *",
    "*/7 * * * *", // it does not come every seven minutes: it begins anew each hour
    "0 */5 * * *",
    "1,2 9 * * *",
    "0 9 1 * MON",
    "0 9 * JAN *",
    "0 9 * * FRI-MON",
    "0 9 * * MON#2",
    "0 9 L * *",
    "61 9 * * *",
    "x y z * q",
  ])("are left to the server for %s", (cron) => {
    expect(cronShape(cron)).toBeNull();
  });
});
