// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Sessions are drawn when they come into sight.

function listSessions(sections) {
  if (sections.length < 2) return;
  const list = element("ol");
  for (const section of sections) {
    list.append(element("li", {}, element("a", { href: "#" + section.id }, section.querySelector("h2").textContent)));
  }
  const nav = document.getElementById("sessions");
  nav.append(list);
  nav.hidden = false;
}

function start() {
  startTheme();
  const sections = [...document.querySelectorAll(".session")];
  listSessions(sections);
  const drawn = (section) => {
    const index = sections.indexOf(section);
    startSession(section, index).then(
      () => (section.dataset.drawn = "true"),
      (error) => {
        section.querySelector(".view").append(element("p", { class: "warn" }, "The plots cannot be drawn: " + error.message));
        throw error;
      },
    );
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      drawn(target);
    }
  }, { rootMargin: "400px" });
  for (const section of sections) if (section.querySelector(".data")) watcher.observe(section);
}

start();
