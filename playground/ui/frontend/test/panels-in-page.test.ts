import { describe, expect, it } from "vitest";
import { followPanel, type PanelInPage, registerPanel } from "../src/panels-in-page";

const panel = (): PanelInPage => ({ draw: () => () => {}, openBeside: () => false });

describe("the panels of a page", () => {
  it("tells a piece its panel when it comes, is replaced, and goes", () => {
    const [first, second] = [panel(), panel()];
    const told: (PanelInPage | null)[] = [];
    followPanel("a", (now) => told.push(now));
    const leaveFirst = registerPanel("a", first);
    const leaveSecond = registerPanel("a", second);
    leaveFirst();
    leaveSecond();

    expect(told).toEqual([null, first, second, null]);
  });

  it("tells a piece nothing of other panels, and nothing once it is gone", () => {
    const told: (PanelInPage | null)[] = [];
    const end = followPanel("b", (now) => told.push(now));
    registerPanel("c", panel());
    end();
    registerPanel("b", panel());

    expect(told).toEqual([null]);
  });
});
