"""The two salons of the demo, all of them fictional: their words and numbers (bella, juniper), and what writes them down."""
