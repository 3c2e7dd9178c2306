/* Nidaa (MIT). Turns each <a data-nidaa="/embed/…" data-height="…"> into its frame, once that says its height.
   Until then, and wherever script or frame is refused, the link stays. Sends nothing and keeps nothing. */
{
  const home = document.currentScript.src;

  const load = (link, url) => {
    const frame = document.createElement("iframe");
    const reserved = parseInt(link.style.minHeight);
    let loads = 0;
    let isThere = false;
    const giveUp = () => isThere || (link.style.minHeight = "");
    addEventListener("message", ({ source, origin, data }) => {
      const height = data && data.type === "nidaa-height" && data.height;
      if (!source || source !== frame.contentWindow || origin !== url.origin) return;
      if (typeof height !== "number" || !(height > 0 && height < 6000)) return;
      isThere = true;
      frame.style.cssText = `display:block;width:100%;border:0;height:${Math.max(height, reserved)}px`;
      link.style.display = "none";
    });
    frame.onload = () => {
      // A later page in the frame begins at its top.
      if (loads++ && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      setTimeout(() => giveUp() || frame.remove(), 2000);
    };
    setTimeout(giveUp, 20_000);
    frame.title = link.textContent;
    frame.referrerPolicy = "no-referrer";
    frame.style.cssText = `position:absolute;visibility:hidden;border:0;width:${link.offsetWidth}px`;
    frame.src = url;
    link.before(frame);
  };

  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        load(target, new URL(target.nidaa, home));
      }
    },
    { rootMargin: "600px" },
  );

  for (const link of document.querySelectorAll("a[data-nidaa]")) {
    const url = new URL(link.dataset.nidaa, home);
    if (url.origin !== new URL(home).origin || !url.pathname.startsWith("/embed/")) continue;
    link.nidaa = link.dataset.nidaa;
    link.removeAttribute("data-nidaa"); // a second copy of this script passes it by
    link.style.display = "block";
    link.style.minHeight = `${Math.min(parseInt(link.dataset.height) || 0, 2000)}px`;
    near.observe(link);
  }
}
