// This page answers a press. Back and reload ask for its address instead, so that no browser wants to send the press again.

history.replaceState(history.state, "", document.documentElement.dataset.again);
