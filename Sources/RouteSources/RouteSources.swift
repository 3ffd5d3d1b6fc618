import CLibnl
