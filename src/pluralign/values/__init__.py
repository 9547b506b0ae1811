"""Values, rights and duties that bear on a situation: data, models, maps of situations, and whose values are there."""
