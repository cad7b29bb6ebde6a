// Refusing by keyboard: when the reasons open, the first one is ready to be chosen.
"use strict";
document.querySelectorAll("details.o-refuse").forEach(refuse => {
  refuse.addEventListener("toggle", () => {
    if (refuse.open) refuse.querySelector("input[type=radio]:checked, input[type=radio]")?.focus();
  });
});
